import { provideHttpClient, withInterceptors } from '@angular/common/http';
import { ApplicationConfig, provideBrowserGlobalErrorListeners } from '@angular/core';
import { provideRouter } from '@angular/router';
import { createClient } from 'wicketgate/all';
import { authInterceptor, provideAuth } from 'wicketgate/angular';

import { routes } from './app.routes';
import { config, login, type Installation } from './config';

export const appConfig = (installation: Installation): ApplicationConfig => ({
  providers: [
    provideBrowserGlobalErrorListeners(),
    provideRouter(routes),
    provideAuth(() => createClient(config(installation)), { login: login(installation) }),
    provideHttpClient(withInterceptors([authInterceptor])),
  ],
});
